"""What may be chosen for every operation that fetches."""

from pydantic import BaseModel, Field


class FetchParams(BaseModel):
    timeout_seconds: float = Field(
        30.0, ge=1, le=120, title="Time limit of a request", description="Seconds."
    )
    respect_robots: bool = Field(
        True,
        title="Respect robots.txt",
        description="Leave out what a site asks robots not to fetch.",
    )
