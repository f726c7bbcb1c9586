"""Runs: their configuration, their store, their logs. Light: no torch, no streamlit."""
