"""Names and documents of the OCI specifications: values only, standard library only.

Nothing here may read a file, open a socket or know a registry's habits.
"""
