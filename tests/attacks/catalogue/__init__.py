"""One file an attack, with its variants: each has `ATTACKS`, and is found by walking this folder."""
