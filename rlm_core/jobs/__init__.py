"""Work for the worker that is no run. A kind of job is one file here with a module-level `JOB`; nothing else is edited."""
