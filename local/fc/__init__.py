"""Function Compute on this machine: triggers, the asynchronous queue and function instances as processes.

`engine` decides, `instance` runs the code, `dispatcher` joins the two, `http` is the door; `stack_file` reads s.yaml.
"""
