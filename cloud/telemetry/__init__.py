"""Telemetry: what stores measure of themselves and their devices, in time tables, rolled up exactly whenever it arrives."""
