//! Plans applied against a scripted server.
