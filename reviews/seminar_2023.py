"""The seminar of 1 June 2023, as the newspaper described it, and nothing beside that.

The article tells of 11 papers and names 8 of the units that read one, 7 of them with a model.
It gives no verdict, no score and no field; neither do we. Two things are read between its
lines. A unit of a ward or commune stands below that ward's Party committee, even where the
article only names the ward in brackets or in the unit's own name: such a unit has always had
one above it. And every unit named took part as one of the city's Party organisation, so the
companies stand below the city committee too.
"""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from registry.models import Organisation, PracticeModel
from reviews.models import AgendaItem, Seminar

Kind, Block = Organisation.Kind, Organisation.Block

HELD_ON = date(2023, 6, 1)
TITLE = (
    "Tọa đàm mô hình tiêu biểu trong học tập và làm theo tư tưởng, đạo đức, phong cách "
    "Hồ Chí Minh trên địa bàn thành phố"
)
WHY = "Theo bài báo về buổi tọa đàm ngày 01/6/2023"

ROOT = "Thành ủy Tam Kỳ"
# Name, kind, block, whom it stands below; those above come first.
ORGANISATIONS = (
    (ROOT, Kind.COMMITTEE, "", None),
    ("Đảng ủy phường Tân Thạnh", Kind.WARD_COMMITTEE, Block.WARDS, ROOT),
    ("Đảng ủy phường Hòa Thuận", Kind.WARD_COMMITTEE, Block.WARDS, ROOT),
    (
        "Chi bộ Khối phố Phương Hòa Nam",
        Kind.RESIDENTIAL_CELL,
        Block.WARDS,
        "Đảng ủy phường Hòa Thuận",
    ),
    ("Đảng ủy phường An Sơn", Kind.WARD_COMMITTEE, Block.WARDS, ROOT),
    (
        "Hội Liên hiệp phụ nữ phường An Sơn",
        Kind.WOMEN,
        Block.ASSOCIATIONS,
        "Đảng ủy phường An Sơn",
    ),
    ("Đảng ủy xã Tam Phú", Kind.WARD_COMMITTEE, Block.WARDS, ROOT),
    ("Chi bộ thôn Phú Thạnh", Kind.RESIDENTIAL_CELL, Block.WARDS, "Đảng ủy xã Tam Phú"),
    ("Đảng ủy phường An Mỹ", Kind.WARD_COMMITTEE, Block.WARDS, ROOT),
    (
        "Khối Dân vận Đảng ủy phường An Mỹ",
        Kind.MOBILISATION_BLOCK,
        Block.WARDS,
        "Đảng ủy phường An Mỹ",
    ),
    ("Đảng ủy phường Trường Xuân", Kind.WARD_COMMITTEE, Block.WARDS, ROOT),
    (
        "Đảng ủy Công ty Điện lực Quảng Nam",
        Kind.ENTERPRISE_COMMITTEE,
        Block.ENTERPRISES,
        ROOT,
    ),
    (
        "Đảng bộ Công ty CP Môi trường đô thị Quảng Nam",
        Kind.ENTERPRISE_COMMITTEE,
        Block.ENTERPRISES,
        ROOT,
    ),
    (
        "Chi bộ Chi nhánh vận chuyển chất thải rắn",
        Kind.ENTERPRISE_CELL,
        Block.ENTERPRISES,
        "Đảng bộ Công ty CP Môi trường đô thị Quảng Nam",
    ),
)
NAMES = frozenset(name for name, *_rest in ORGANISATIONS)


@dataclass(frozen=True)
class Paper:
    """One of the papers: whose, on which model, or what was said where none is named."""

    organisation: str
    model: str = ""
    printed: str = ""
    gist: str = ""


# In the order of the article, which need not be that of the meeting.
PAPERS = (
    Paper("Đảng ủy phường Tân Thạnh", "Tương trợ giảm nghèo bền vững"),
    Paper(
        "Chi bộ Khối phố Phương Hòa Nam",
        "Khu dân cư tự quản về an ninh trật tự, văn minh đô thị",
        printed="Chi bộ Khối phố Phương Hòa Nam (phường Hòa Thuận)",
    ),
    Paper("Hội Liên hiệp phụ nữ phường An Sơn", "Phụ nữ chia sẻ nỗi đau"),
    Paper(
        "Chi bộ thôn Phú Thạnh",
        "Xã hội hóa trong xây dựng thiết chế văn hóa",
        printed="Chi bộ thôn Phú Thạnh (xã Tam Phú)",
    ),
    Paper(
        "Khối Dân vận Đảng ủy phường An Mỹ",
        "Vận động nhân dân thực hiện tốt chủ trương giải phóng mặt bằng trên địa bàn phường",
    ),
    Paper(
        "Đảng ủy phường Trường Xuân",
        "Toàn dân chung tay hiến đất để nâng cấp mở rộng các tuyến đường giao thông "
        "trên địa bàn phường",
    ),
    Paper(
        "Đảng ủy Công ty Điện lực Quảng Nam",
        gist="Theo bài báo: “Đảng ủy Công ty Điện lực Quảng Nam sử dụng bài giảng micro learning, "
        "giao kế hoạch tự học tập và làm bài kiểm tra trên chương trình E-Learning đến cán bộ, "
        "đảng viên, công nhân viên hằng tháng.”",
    ),
    Paper(
        "Chi bộ Chi nhánh vận chuyển chất thải rắn",
        "Thực hành tiết kiệm thời gian, xăng dầu, chi phí sửa chữa trong quá trình tác nghiệp, "
        "vận chuyển chất thải rắn",
        printed="Chi bộ Chi nhánh vận chuyển chất thải rắn, "
        "Đảng bộ Công ty CP Môi trường đô thị Quảng Nam",
    ),
)


def loaded():
    """Return the seminar if it has been loaded, whatever was changed in it since."""
    return Seminar.objects.filter(
        origin=Seminar.Origin.OLD_REGISTER, held_on=HELD_ON, is_sample=False
    ).first()


@transaction.atomic
def load():
    """Enter the seminar, its units and models; all or nothing."""
    organisations = _organisations()
    seminar = Seminar(
        title=TITLE,
        held_on=HELD_ON,
        state=Seminar.State.CLOSED,
        origin=Seminar.Origin.OLD_REGISTER,
    )
    seminar.save_by(None, why=WHY)
    models = _models(organisations)
    for position, paper in enumerate(PAPERS, 1):
        item = AgendaItem(
            seminar=seminar,
            position=position,
            organisation=organisations[paper.organisation],
            model=models.get(paper),
            paper=AgendaItem.Paper.RECEIVED,
            gist=paper.gist,
        )
        item.save_by(None, why=WHY)
    return seminar


def _organisations():
    """Return the units by name: those that the register has already, and new ones."""
    found = {}
    for name, kind, block, parent in ORGANISATIONS:
        there = Organisation.objects.filter(name=name, is_sample=False).order_by("pk").first()
        if there is None:
            there = Organisation(name=name, kind=kind, block=block, parent=found.get(parent))
            there.save_by(None, why=WHY)
        found[name] = there
    return found


def _models(organisations):
    """Enter the models that have a name; return them by their papers."""
    papers = [paper for paper in PAPERS if paper.model]
    entered = PracticeModel.enter_old(
        [
            PracticeModel(
                name=paper.model,
                organisation=organisations[paper.organisation],
                organisation_name=paper.printed or paper.organisation,
            )
            for paper in papers
        ],
        year=HELD_ON.year,
        why=WHY,
    )
    return dict(zip(papers, entered, strict=True))
