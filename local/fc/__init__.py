"""Function Compute on this machine: triggers, the asynchronous queue and function instances as processes.

`stack_file` reads s.yaml, `engine` decides, `instance` runs the code, `dispatcher` joins them, `http` is the door.
"""
