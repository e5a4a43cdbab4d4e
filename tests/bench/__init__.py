"""Measurements. They print what they find; nothing here passes or fails."""
