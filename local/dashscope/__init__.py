"""DashScope on loopback: asynchronous picture tasks, one at a time, forgotten after 24 hours."""
