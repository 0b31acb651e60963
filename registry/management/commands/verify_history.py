"""Look whether the history is as it was written, and the records as it says."""

import json
import logging
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from registry import heads
from registry.history import HistoryEntry
from registry.sealing import broken_seals, sealed_models, unlike_their_records

logger = logging.getLogger("registry.record")


class Command(BaseCommand):
    help = (
        "Goes through every entry of every history, move and security event and checks its seal;"
        " then every record against its last entry. Fails, and names what is not as it was."
        " Writes into the log what is to be compared later, by --against."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--against",
            metavar="FILE",
            help="manifest of a backup, or a line of the log, that was kept on another machine",
        )

    def handle(self, *, against, **options):
        then = self._read(against) if against else None
        found = entries = 0
        for model in sealed_models():
            sentences = [broken_seals(model)]
            if issubclass(model, HistoryEntry):
                sentences.append(unlike_their_records(model))
            for sentence in (each for part in sentences for each in part):
                found += 1
                self.stderr.write(sentence)
            entries += model._base_manager.count()
        for sentence in heads.unlike(then) if then else ():
            found += 1
            self.stderr.write(sentence)
        logger.info("%s", json.dumps({"record": heads.now()}))
        if found:
            raise CommandError(f"Not as it was written: {found} findings in {entries} entries.")
        since = f", and all that was there on {then['at']}" if then else ""
        self.stdout.write(f"{entries} entries, each as it was written{since}.")

    def _read(self, file):
        try:
            return heads.kept_in(Path(file).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CommandError(f"{file} cannot be compared with: {error}") from error
