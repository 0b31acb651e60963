"""What the panel needs from its first day; seen to after each migrate, harmlessly."""

from django.apps import apps as installed

from registry.appendonly import Rule
from registry.setup import begin

# A ballot from when it is handed in, a paper from when it is issued: all but from when it is
# open to all.
_HANDED_IN = (
    "EXISTS (SELECT 1 FROM reviews_assessment WHERE id = OLD.assessment_id"
    " AND handed_in_at IS NOT NULL)"
)
_ISSUED = "EXISTS (SELECT 1 FROM reviews_decision WHERE id = {} AND issued_at IS NOT NULL)"
_ISSUED_LINE = (
    "EXISTS (SELECT 1 FROM reviews_decision JOIN reviews_decisionline"
    " ON reviews_decision.id = reviews_decisionline.decision_id"
    " WHERE reviews_decisionline.id = OLD.decisionline_id AND issued_at IS NOT NULL)"
)
NEVER_CHANGED = [
    Rule("reviews_assessment", once="OLD.handed_in_at IS NOT NULL"),
    Rule("reviews_score", once=_HANDED_IN),
    Rule("reviews_decision", once="OLD.issued_at IS NOT NULL", but=("published_at",)),
    Rule("reviews_decisionline", once=_ISSUED.format("OLD.decision_id")),
    Rule("reviews_decisionline_take_up", once=_ISSUED_LINE),
]

# Written for the ballots of 2023 and for any: a committee rewrites them in the administration.
STOCK_REMARKS = {
    "replicate": (
        "Cách làm cụ thể, đơn vị khác dễ làm theo.",
        "Kết quả rõ, có số liệu đối chiếu.",
        "Nhân dân đồng tình, tham gia đông.",
    ),
    "maintain": (
        "Mô hình phù hợp, cần duy trì nền nếp.",
        "Kết quả bước đầu tốt, cần thêm thời gian theo dõi.",
    ),
    "strengthen": (
        "Cần nêu rõ chỉ tiêu và cách đánh giá kết quả.",
        "Cần phân công người phụ trách và kiểm tra định kỳ.",
        "Cần vận động thêm người tham gia.",
    ),
    "retire": (
        "Mục tiêu đã đạt, có thể kết thúc.",
        "Nội dung trùng với nhiệm vụ thường xuyên.",
        "Không còn phù hợp với tình hình hiện nay.",
    ),
    "survey": (
        "Hồ sơ chưa đủ thông tin để kết luận.",
        "Cần khảo sát thực tế tại đơn vị.",
    ),
}


def fill(apps=installed, using="default", **kwargs):
    """Create the stock remarks while there are none; change nothing that is there."""
    try:
        remark = apps.get_model("reviews", "StockRemark")
    except LookupError:  # Migrating to a point before this table.
        return
    remarks = [
        {"verdict": verdict, "name": text}
        for verdict, texts in STOCK_REMARKS.items()
        for text in texts
    ]
    begin(remark.objects.using(using), remarks)
