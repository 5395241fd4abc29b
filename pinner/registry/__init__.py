"""Client of the OCI Distribution API: the only room that opens sockets."""
