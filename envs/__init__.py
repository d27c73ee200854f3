"""Gymnasium environments and the tasks that they pose."""
