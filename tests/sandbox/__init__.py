"""Tests of gatebot.sandbox."""
