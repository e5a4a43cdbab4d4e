"""Offline sync with a merge that loses nothing; knows nothing of what it syncs. See PROTOCOL.md."""
