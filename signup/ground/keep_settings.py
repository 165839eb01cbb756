"""The settings that say how long data are kept: so many days or months, 0 for ever. What they are about is deleted by
`privacy.retention`.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

LEAST_UNCONFIRMED = 8


def _not_before_the_link_ends(days: int) -> int:
    if 0 < days < LEAST_UNCONFIRMED:
        raise ValueError(f"expected {LEAST_UNCONFIRMED} or more, as its link is good for 7 days, or 0 to keep it")
    return days


Days = Annotated[int, Field(ge=0, le=3_650)]
Months = Annotated[int, Field(ge=0, le=600)]


class KeepSettings(BaseModel):
    """How long each kind of data is kept."""

    keep_unconfirmed_days: Annotated[Days, AfterValidator(_not_before_the_link_ends)] = Field(
        8, description="Days until a sign-up that nobody confirmed is deleted; 8 or more, 0: never."
    )
    keep_ip_days: Days = Field(
        30, description="Days until IP addresses and browsers are shortened, as to 203.0.113.0; 0: never."
    )
    keep_mail_values_days: Days = Field(
        1, description="Days until the links and codes of an email that was sent are deleted; 0: never."
    )
    keep_activity_months: Months = Field(
        13, description="Months until records of what somebody opened and downloaded are deleted; 0: never."
    )
    keep_former_contacts_months: Months = Field(
        36, description="Months until somebody who has left every list is erased; 0: never."
    )
    keep_audit_months: Months = Field(
        36, description="Months until an entry of the audit trail no longer says who, from where and what to; 0: never."
    )
    keep_import_files_days: Days = Field(30, description="Days until a file that was uploaded is deleted; 0: never.")
    keep_import_rows_months: Months = Field(
        12, description="Months until the rows of an import are deleted, with what undoing it needs; 0: never."
    )
    keep_export_files_days: Days = Field(7, description="Days until the file of an export is deleted; 0: never.")
