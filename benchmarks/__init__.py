"""What gatebot costs and how often it errs, measured side by side with its rivals."""
