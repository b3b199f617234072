"""The app: its screens, its sessions, its settings."""
