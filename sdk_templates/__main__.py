"""`python -m sdk_templates`: print the SDKs of a document."""

import argparse
import sys
from pathlib import Path

from sdk_templates.command import Refused, print_sdks, read_document, read_flow_files, tell_changes

__all__ = ["main"]


def main() -> None:
    """Do what the arguments ask; end with 1 and a sentence where it cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m sdk_templates", description=__doc__)
    parser.add_argument("--python", action="store_true", help="the Python SDK; both where neither is named")
    parser.add_argument("--typescript", action="store_true", help="the TypeScript SDK")
    parser.add_argument("--output-dir", type=Path, default=Path("sdks"), help="where they go")
    parser.add_argument("--spec", type=Path, help="a file that holds the OpenAPI document")
    parser.add_argument(
        "--url", default="http://localhost:8000", help="a server to ask for it, where no file is named"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 where files differ")
    parser.add_argument("--flows", type=Path, nargs="+", default=[], help="files of flows: a method each")
    parser.add_argument("--diff", type=Path, nargs=2, metavar=("OLD", "NEW"), help="tell what changed")
    asked = parser.parse_args()
    url = asked.url if asked.spec is None else None
    languages = [name for name in ("python", "typescript") if getattr(asked, name)]
    try:
        if asked.diff:
            told, breaks = tell_changes(*asked.diff)
            print(told)
            sys.exit(1 if breaks else 0)
        flows = read_flow_files(asked.flows)
        text = read_document(asked.spec, url)
        print(print_sdks(text, languages, asked.output_dir, check=asked.check, flows=flows))
    except Refused as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
