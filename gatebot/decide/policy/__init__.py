"""The policy: computes priority, action and waivers of findings from the Rules."""
