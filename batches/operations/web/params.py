"""What may be chosen for every operation that fetches."""

from pydantic import BaseModel, Field


class FetchParams(BaseModel):
    timeout_seconds: float = Field(
        30.0, ge=1, le=120, title="Time limit of a request", description="Seconds."
    )
    site_seconds: float = Field(
        45.0,
        ge=1,
        le=3_000,
        title="Time for a site",
        description="Seconds, less than the time limit of an attempt: what was read until then counts.",
    )
    respect_robots: bool = Field(
        True,
        title="Respect robots.txt",
        description="Leave out what a site asks robots not to fetch.",
    )


class CrawlParams(FetchParams):
    """For operations that read more than one page of a site."""

    max_pages: int = Field(
        1,
        ge=1,
        le=200,
        title="Pages of a site",
        description="At most: the home page first, then those that say who made it.",
    )
    reread: bool = Field(
        False,
        title="Read all again",
        description="Also pages that have not changed since the last scan.",
    )
