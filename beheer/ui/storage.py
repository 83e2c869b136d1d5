"""How static files are kept: under names that change with their content, and compressed by gzip."""

from __future__ import annotations

from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise has no types
    """WhiteNoise's storage without Brotli, which takes seconds at the first start and saves a few kilobytes a visit."""

    def create_compressor(self, **kwargs: Any) -> Compressor:
        """The compressor for what was collected."""
        return Compressor(use_brotli=False, **kwargs)
