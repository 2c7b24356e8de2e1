"""Writes the generated pages into docs/, and what the reference needs into build/docs/."""

from __future__ import annotations

from tf_slim.cli import quiet

if __name__ == "__main__":
    quiet.import_tensorflow()  # before what imports it loudly
    from scripts.docs import writing

    writing.main()
