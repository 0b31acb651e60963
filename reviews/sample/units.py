"""The fictional committee: its units, named after plants, and the people who act for them."""

from dataclasses import dataclass, field

from django.contrib.auth.models import Group

from registry.models import Membership, Organisation, Role, User

Kind, Block = Organisation.Kind, Organisation.Block

ROOT = "Thành ủy thành phố Mẫu (dữ liệu mẫu)"
WHY = "Dữ liệu mẫu"

WARDS = ("Sen", "Tre", "Lúa", "Bưởi", "Đước", "Phượng", "Quế", "Cau", "Ổi")
COMMUNES = ("Dừa", "Chè", "Mía", "Ngô")
ADVISORY = ("Văn phòng", "Ban Tổ chức", "Ban Tuyên giáo", "Ban Dân vận")
AGENCIES = ("Trung tâm Y tế", "Trường Cao đẳng", "Bệnh viện", "Trung tâm Văn hóa")
OFFICES = ("Phòng Tài chính", "Phòng Giáo dục", "Tòa án", "Kho bạc", "Trường Trung học", "Thư viện")
COMPANIES = ("Cấp nước", "Chiếu sáng", "May mặc", "Vận tải", "Cây xanh", "Chế biến gỗ")
BODIES = (
    ("Khối Dân vận Đảng ủy", Kind.MOBILISATION_BLOCK, Block.WARDS),
    ("Ủy ban Mặt trận Tổ quốc Việt Nam", Kind.FRONT, Block.ASSOCIATIONS),
    ("Hội Liên hiệp phụ nữ", Kind.WOMEN, Block.ASSOCIATIONS),
    ("Đoàn TNCS Hồ Chí Minh", Kind.YOUTH, Block.ASSOCIATIONS),
    ("Hội Cựu chiến binh", Kind.VETERANS, Block.ASSOCIATIONS),
    ("Hội Nông dân", Kind.FARMERS, Block.ASSOCIATIONS),
)
PANEL = ("thamdinh1", "thamdinh2", "thamdinh3", "thamdinh4")
ACCOUNTS = ("donvi", "dangbo", *PANEL, "tonghop", "quantri")


@dataclass
class Committee:
    """The tree as it was built: who may keep a model, and who does what."""

    clerk: User
    root: Organisation | None = None
    # Every unit that may keep a model.
    units: list[Organisation] = field(default_factory=list)
    wards: list[Organisation] = field(default_factory=list)
    cells: list[Organisation] = field(default_factory=list)
    # Who sends for a unit, by its key: a person of its grassroots committee.
    senders: dict[int, User] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)

    def add(self, name, kind, block, parent, place=""):
        position = len(self.units) + 1
        unit = Organisation(
            name=name,
            kind=kind,
            block=block,
            parent=parent,
            place=place,
            position=position,
            # Numbers that nobody has; some units have none, as in life.
            phone=f"0000 000 {position % 1_000:03d}" if position % 4 else "",
            is_sample=True,
        )
        unit.save_by(self.clerk, why=WHY)
        self.units.append(unit)
        return unit

    def add_person(self, username, full_name, role, *units, position=""):
        """Add somebody who cannot sign in until ``demo`` gives them a password."""
        person = _person(username, full_name, role, position=position)
        for unit in units:
            membership = Membership(user=person, organisation=unit)
            membership.save_by(self.clerk, why=WHY)
        self.people[username] = person
        return person


def _person(username, full_name, role, *, position="", is_staff=False):
    person = User(username=username, full_name=full_name, position=position, is_staff=is_staff)
    person.set_unusable_password()
    person.save_by(None, why=WHY)
    person.groups.add(Group.objects.get_or_create(name=role)[0])
    return person


def build(models):
    """Build a tree that is likely for so many models, and its people."""
    clerk = _person("tonghop", "Người dùng mẫu – Tổng hợp", Role.CLERK, position="Chuyên viên")
    committee = Committee(clerk, people={"tonghop": clerk})
    committee.root = committee.add(ROOT, Kind.COMMITTEE, "", None)
    committee.units.clear()
    _add_wards(committee, models)
    _add_agencies(committee)
    _add_companies(committee)
    _add_people(committee)
    return committee


def _add_wards(committee, models):
    few = models < 1_000
    cells = min(6 + models // 500, 100)
    wards = [("phường", name) for name in (WARDS[:6] if few else WARDS)]
    wards += [("xã", name) for name in (COMMUNES[:2] if few else COMMUNES)]
    for ward_kind, name in wards:
        place = f"{ward_kind} Mẫu {name}"
        ward = committee.add(
            f"Đảng ủy {place}", Kind.WARD_COMMITTEE, Block.WARDS, committee.root, place
        )
        committee.wards.append(ward)
        block = "khối phố" if ward_kind == "phường" else "thôn"
        for number in range(1, cells + 1):
            cell = committee.add(
                f"Chi bộ {block} {number} {place}",
                Kind.RESIDENTIAL_CELL,
                Block.WARDS,
                ward,
                f"{block} {number}, {place}",
            )
            committee.cells.append(cell)
        committee.add(
            f"Chi bộ Trường Tiểu học Mẫu {name}", Kind.SUBORDINATE_CELL, Block.WARDS, ward, place
        )
        for body, kind, body_block in BODIES:
            committee.add(f"{body} {place}", kind, body_block, ward, place)


def _add_agencies(committee):
    root, city = committee.root, "thành phố Mẫu"
    for name in ADVISORY:
        committee.add(f"{name} Thành ủy {city}", Kind.ADVISORY, Block.AGENCIES, root)
    for name in AGENCIES:
        committee.add(f"Đảng ủy {name} {city}", Kind.AGENCY_COMMITTEE, Block.AGENCIES, root)
    for name in OFFICES:
        committee.add(f"Chi bộ {name} {city}", Kind.GRASSROOTS_CELL, Block.AGENCIES, root)
    for name in ("Quân sự", "Công an"):
        committee.add(f"Đảng ủy {name} {city}", Kind.FORCES_COMMITTEE, Block.FORCES, root)


def _add_companies(committee):
    for name in COMPANIES:
        company = committee.add(
            f"Đảng ủy Công ty {name} Mẫu",
            Kind.ENTERPRISE_COMMITTEE,
            Block.ENTERPRISES,
            committee.root,
        )
        for number in (1, 2):
            committee.add(
                f"Chi bộ Xí nghiệp {number} Công ty {name} Mẫu",
                Kind.ENTERPRISE_CELL,
                Block.ENTERPRISES,
                company,
            )


def _add_people(committee):
    """Give each grassroots organisation a person, and add those of the demo.

    A body that has no grassroots organisation above it is entered for by the clerk.
    """
    cell, ward = committee.cells[0], committee.wards[0]
    committee.add_person("donvi", f"Người dùng mẫu – {cell}", Role.UNIT, cell, position="Bí thư")
    by_key = {unit.pk: unit for unit in committee.units}
    grassroots = [unit for unit in committee.units if unit.is_grassroots]
    for number, unit in enumerate(grassroots, 1):
        username = "dangbo" if unit == ward else f"mau-donvi-{number}"
        person = committee.add_person(username, f"Người dùng mẫu – {unit}", Role.UNIT, unit)
        committee.senders[unit.pk] = person
    for unit in by_key.values():
        if unit.parent_id in committee.senders:
            committee.senders[unit.pk] = committee.senders[unit.parent_id]
    committee.senders[cell.pk] = committee.people["donvi"]
    for number, username in enumerate(PANEL, 1):
        committee.add_person(username, f"Người dùng mẫu – Thẩm định {number}", Role.PANEL)
    committee.people["quantri"] = _person(
        "quantri", "Người dùng mẫu – Quản trị", Role.ADMIN, is_staff=True
    )
