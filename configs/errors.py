"""Errors of the configuration files."""


class ConfigError(ValueError):
    """A configuration is malformed, or describes a cell that cannot work."""
