"""What does the customer system of the demonstration hand over: every customer's case, and what was answered in the end?

Written as Salesforce writes an export, and read by the mapping that ships, as anybody's export is.
"""

import csv
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from pipeline.case_mapping import read_mapping_file
from pipeline.cases import read_cases
from samples.written.answers import CustomerCase
from storage.access import Asker
from storage.cases import Outcome, import_cases

_HEADINGS = ("CaseNumber", "ContactId", "Reason", "Status", "CreatedDate", "ClosedDate", "Attune_Call__c", "CSAT__c")


def import_answers(session: Session, asker: Asker, cases: Sequence[CustomerCase]) -> list[Outcome]:
    """Take these cases in, with the conversations that they name and the answers of their customers; what became of each."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cases.csv"
        write_export(cases, file)
        mapping = read_mapping_file(Path("salesforce"))
        stated, refused = read_cases(file, mapping)
        return [*import_cases(session, asker, mapping.system, stated), *refused]


def write_export(cases: Sequence[CustomerCase], file: Path) -> None:
    """Write cases as the customer system exports them."""
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(_HEADINGS)
        for one in cases:
            moments = (one.opened_at.isoformat(), one.closed_at.isoformat())
            answer = "" if one.answer is None else one.answer
            rows.writerow([one.number, one.customer_number, one.reason, "Closed", *moments, " ".join(one.calls), answer])
