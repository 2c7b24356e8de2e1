"""The names and signatures that existing programs rely on."""
