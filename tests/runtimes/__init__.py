"""Runtimes that tests start on loopback: a real model server, a bridge and a scripted fake."""
