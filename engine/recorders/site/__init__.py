"""The folder that is put before all others where a program is begun by `tunetop watch`; see `sitecustomize`."""
