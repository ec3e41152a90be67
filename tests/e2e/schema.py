"""Puts a schema version into a database behind the programs' back, by liblmdb itself."""

import ctypes
import ctypes.util


class Val(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.c_char_p)]


def set_schema(folder, version):
    """Row `schema` of table `meta`: four octets, big endian."""
    lmdb = ctypes.CDLL(ctypes.util.find_library("lmdb") or "liblmdb.so.0")
    env, txn, table = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint()
    data = version.to_bytes(4, "big")

    def call(name, *arguments):
        status = getattr(lmdb, name)(*arguments)
        assert status == 0, f"{name}: {status}"

    call("mdb_env_create", ctypes.byref(env))
    try:
        call("mdb_env_set_maxdbs", env, 8)
        call("mdb_env_open", env, str(folder).encode(), 0, 0o640)
        call("mdb_txn_begin", env, None, 0, ctypes.byref(txn))
        call("mdb_dbi_open", txn, b"meta", 0, ctypes.byref(table))
        call("mdb_put", txn, table, ctypes.byref(Val(6, b"schema")),
             ctypes.byref(Val(len(data), data)), 0)
        call("mdb_txn_commit", txn)
    finally:
        lmdb.mdb_env_close(env)
