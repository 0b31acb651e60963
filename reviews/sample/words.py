"""The words that sample models are made of."""

from typing import NamedTuple


class Theme(NamedTuple):
    """A kind of model: what it may be called, and what its unit would write of it."""

    names: tuple[str, ...]
    reason: str
    approach: str
    goal: str
    who: str
    indicator: str


# By field, in the words of ``registry.setup``.
THEMES = {
    "Xây dựng Đảng và hệ thống chính trị": (
        Theme(
            ("Sinh hoạt chi bộ theo chuyên đề", "Chi bộ sinh hoạt gắn với địa bàn"),
            "Nội dung sinh hoạt chi bộ có lúc còn chung chung, ít ý kiến thảo luận, việc phân công "
            "đảng viên sau sinh hoạt chưa rõ.",
            "Đầu năm chi bộ chọn bốn chuyên đề sát với việc của địa bàn. Mỗi chuyên đề giao một tổ "
            "đảng viên chuẩn bị, gửi trước nội dung ba ngày để mọi người góp ý.",
            "Mỗi quý có ít nhất một chuyên đề được bàn kỹ và có việc làm cụ thể sau sinh hoạt.",
            "Đảng viên trong chi bộ",
            "Người tham gia",
        ),
        Theme(
            ("Đảng viên phụ trách hộ gia đình", "Mỗi đảng viên gắn với một nhóm hộ"),
            "Một số hộ ít dự họp, thông tin đến với bà con còn chậm, tâm tư của Nhân dân chưa được "
            "nắm kịp thời.",
            "Chi bộ phân công mỗi đảng viên phụ trách từ năm đến bảy hộ. Hằng tháng đảng viên đến "
            "thăm, nghe ý kiến và báo lại trong buổi sinh hoạt.",
            "Mọi hộ trong địa bàn có đảng viên phụ trách, kiến nghị được trả lời trong tháng.",
            "Đảng viên và các hộ trong địa bàn",
            "Hộ được giúp đỡ",
        ),
        Theme(
            ("Sổ tay việc làm theo", "Mỗi tuần một việc tốt, việc thiết thực"),
            "Việc đăng ký làm theo hằng năm còn hình thức, cuối năm khó đánh giá vì không có ghi "
            "chép.",
            "Mỗi người ghi vào sổ tay những việc đã làm trong tuần. Cuối tháng tổ trưởng tổng hợp, "
            "chọn những việc hay để nêu trong sinh hoạt.",
            "Mọi đảng viên có ghi chép thường xuyên, cuối năm có căn cứ để đánh giá.",
            "Đảng viên, đoàn viên, hội viên",
            "Thành viên đang duy trì",
        ),
        Theme(
            ("Ngày lắng nghe Nhân dân", "Cà phê cùng Nhân dân sáng thứ bảy"),
            "Người dân bận đi làm trong giờ hành chính nên ít có dịp gặp cán bộ để phản ánh.",
            "Sáng thứ bảy hằng tuần, cán bộ gặp gỡ bà con tại nhà sinh hoạt cộng đồng. Ý kiến được "
            "ghi lại, phân loại và niêm yết kết quả giải quyết.",
            "Từ chín phần mười ý kiến trở lên được giải quyết hoặc trả lời đúng hẹn.",
            "Cán bộ, đảng viên và Nhân dân trong địa bàn",
            "Người tham gia",
        ),
        Theme(
            ("Văn phòng không giấy", "Họp không in tài liệu"),
            "Mỗi cuộc họp in nhiều tài liệu, tốn chi phí, tài liệu cũ khó tìm lại.",
            "Tài liệu được gửi trước qua hệ thống dùng chung. Người trẻ hướng dẫn đồng chí lớn "
            "tuổi mở tài liệu trên điện thoại.",
            "Giảm ít nhất một nửa lượng giấy in trong năm, tài liệu họp được lưu đủ.",
            "Cán bộ, đảng viên trong đơn vị",
            "Kinh phí vận động",
        ),
        Theme(
            ("Tổ công nghệ số cộng đồng", "Hướng dẫn Nhân dân làm thủ tục trực tuyến"),
            "Nhiều người lớn tuổi chưa quen nộp hồ sơ trực tuyến, phải đi lại nhiều lần.",
            "Mỗi tổ có hai người thạo máy, trực tại nhà sinh hoạt cộng đồng tối thứ ba và thứ năm "
            "để chỉ cho bà con cách làm trên điện thoại.",
            "Người dân tự nộp được những thủ tục thường gặp, không phải đi lại.",
            "Người dân trong địa bàn, nhất là người lớn tuổi",
            "Người tham gia",
        ),
    ),
    "Kinh tế": (
        Theme(
            ("Ống tiền tiết kiệm", "Góp vốn xoay vòng giúp nhau làm ăn"),
            "Một số hộ thiếu vốn nhỏ để chăn nuôi, buôn bán, phải vay ngoài với lãi cao.",
            "Mỗi hội viên góp một khoản nhỏ hằng tháng. Khoản góp được xoay vòng cho hộ cần trước "
            "mượn không lấy lãi, có sổ theo dõi chung.",
            "Mỗi năm giúp được một số hộ có vốn làm ăn và trả đúng hạn.",
            "Hội viên và các hộ khó khăn",
            "Hộ được giúp đỡ",
        ),
        Theme(
            ("Giảm nghèo bền vững có địa chỉ", "Mỗi tổ chức nhận giúp một hộ thoát nghèo"),
            "Việc hỗ trợ hộ nghèo còn chia đều, chưa đúng điều từng hộ cần.",
            "Khảo sát từng hộ cần gì: con giống, việc làm, sửa nhà hay học nghề. Mỗi tổ chức nhận "
            "giúp một hộ và theo dõi cho đến khi hộ đứng vững.",
            "Các hộ được nhận giúp thoát nghèo và không tái nghèo sau hai năm.",
            "Hộ nghèo, hộ cận nghèo",
            "Hộ thoát nghèo",
        ),
        Theme(
            ("Hiến đất mở rộng đường", "Chung tay làm đường bê tông"),
            "Đường trong xóm hẹp, mùa mưa lầy lội, xe cứu thương và xe chữa cháy khó vào.",
            "Chi bộ họp bàn với từng nhóm hộ, công khai bản vẽ và kinh phí. Đảng viên hiến đất "
            "trước, rồi vận động các hộ dọc tuyến.",
            "Các tuyến đường được mở rộng đủ cho xe vào, không có khiếu kiện.",
            "Các hộ dọc tuyến đường",
            "Đất hiến",
        ),
        Theme(
            ("Trồng rau sạch theo nhóm hộ", "Tổ hợp tác nuôi trồng sạch"),
            "Các hộ trồng và bán riêng lẻ nên giá thấp, khó có đầu ra ổn định.",
            "Những hộ liền vườn lập thành tổ, cùng mua giống, cùng ghi nhật ký và cùng ký với nơi "
            "thu mua.",
            "Thu nhập của các hộ trong tổ tăng và có nơi mua ổn định.",
            "Các hộ làm vườn",
            "Thành viên đang duy trì",
        ),
        Theme(
            ("Tiết kiệm điện, nước trong đơn vị", "Tiết kiệm vật tư trong sản xuất"),
            "Chi phí điện, nước và vật tư của đơn vị tăng qua từng năm, ý thức tiết kiệm chưa đều.",
            "Mỗi tổ nhận mức khoán, ghi số hằng tuần và nêu cách làm hay. Phần tiết kiệm được dùng "
            "để giúp người lao động khó khăn.",
            "Giảm chi phí so với năm trước mà không ảnh hưởng đến công việc.",
            "Cán bộ, công nhân viên trong đơn vị",
            "Kinh phí vận động",
        ),
        Theme(
            ("Chợ quê cuối tuần", "Gian hàng sản phẩm địa phương"),
            "Sản phẩm của bà con ngon nhưng ít người biết, chủ yếu bán qua thương lái.",
            "Mỗi cuối tuần mở gian hàng tại sân nhà sinh hoạt cộng đồng. Hội viên trẻ giúp chụp "
            "ảnh, giới thiệu trên mạng.",
            "Mỗi phiên có thêm hộ tham gia, bà con bán được trực tiếp cho người mua.",
            "Các hộ có sản phẩm và người tiêu dùng",
            "Người tham gia",
        ),
    ),
    "Văn hóa – xã hội": (
        Theme(
            ("Tuyến đường hoa tự quản", "Con đường xanh, sạch, đẹp"),
            "Ven đường còn rác và cỏ dại, chưa có ai nhận chăm sóc thường xuyên.",
            "Mỗi nhóm hộ nhận một đoạn, trồng hoa và dọn vệ sinh vào sáng thứ bảy. Nhóm trưởng "
            "chụp ảnh gửi vào nhóm chung.",
            "Các tuyến đường chính trong địa bàn sạch và có hoa quanh năm.",
            "Các hộ hai bên đường",
            "Ngày công đóng góp",
        ),
        Theme(
            ("Ngôi nhà thu gom phế liệu", "Đổi rác lấy quà cho học sinh nghèo"),
            "Rác chưa được phân loại tại nguồn, phế liệu bị bỏ lẫn với rác sinh hoạt.",
            "Đặt điểm thu gom tại nhà sinh hoạt cộng đồng. Tiền bán phế liệu hằng tháng được công "
            "khai và dùng để giúp học sinh khó khăn.",
            "Các hộ phân loại rác tại nhà, mỗi năm giúp được một số học sinh đến trường.",
            "Các hộ trong địa bàn và học sinh khó khăn",
            "Kinh phí vận động",
        ),
        Theme(
            ("Bữa sáng yêu thương", "Nồi cháo nghĩa tình"),
            "Người bệnh và người già neo đơn trong địa bàn thiếu người chăm sóc bữa ăn.",
            "Hội viên thay nhau nấu và mang đến tận nơi hai lần mỗi tuần. Nguồn góp được ghi sổ và "
            "công khai.",
            "Duy trì đều đặn, không để ai trong danh sách bị bỏ sót.",
            "Người già neo đơn, người bệnh khó khăn",
            "Hộ được giúp đỡ",
        ),
        Theme(
            ("Tủ sách nhà văn hóa", "Góc đọc sách khu dân cư"),
            "Nhà văn hóa ít hoạt động ngoài các buổi họp, trẻ em thiếu chỗ đọc sách dịp hè.",
            "Vận động mỗi nhà góp một cuốn sách. Đoàn viên trực mở cửa hai buổi mỗi tuần và tổ "
            "chức đọc sách cho các cháu.",
            "Nhà văn hóa sáng đèn mỗi tuần, số người đến đọc tăng dần.",
            "Thiếu nhi và người dân trong địa bàn",
            "Người tham gia",
        ),
        Theme(
            ("Việc cưới tiết kiệm, văn minh", "Việc tang văn minh, nghĩa tình"),
            "Việc cưới, việc tang ở một số nơi còn kéo dài, tốn kém, mở loa lớn quá giờ.",
            "Đưa vào quy ước của khối phố, đảng viên làm trước. Ban công tác Mặt trận đến từng nhà "
            "có việc để bàn cách làm gọn, ấm cúng.",
            "Phần lớn gia đình thực hiện đúng quy ước, không mở loa quá giờ.",
            "Các gia đình trong địa bàn",
            "Hộ được giúp đỡ",
        ),
        Theme(
            ("Tiếp bước em đến trường", "Góc học tập cho con em khó khăn"),
            "Một số học sinh có hoàn cảnh khó khăn thiếu góc học tập, có nguy cơ bỏ học.",
            "Giáo viên và đoàn viên nhận kèm hai buổi tối mỗi tuần, vận động bàn ghế và sách vở cũ "
            "còn tốt.",
            "Không có học sinh trong danh sách bỏ học giữa chừng.",
            "Học sinh có hoàn cảnh khó khăn",
            "Người tham gia",
        ),
    ),
    "Quốc phòng – an ninh": (
        Theme(
            ("Tổ tự quản về an ninh trật tự", "Khu dân cư không có tệ nạn"),
            "Địa bàn có nhiều nhà trọ, đôi lúc mất trộm vặt và gây ồn về đêm.",
            "Mỗi tổ cử người trực theo phiên, có nhóm nhắn tin với cảnh sát khu vực. Chủ nhà trọ "
            "ký cam kết khai báo lưu trú.",
            "Giảm số vụ việc so với năm trước, mâu thuẫn nhỏ được hòa giải tại tổ.",
            "Các hộ dân và chủ nhà trọ",
            "Người tham gia",
        ),
        Theme(
            ("Camera an ninh do Nhân dân lắp đặt", "Ánh sáng an ninh trong ngõ"),
            "Một số ngõ tối, xa đường chính, thường bị đổ trộm rác và mất tài sản.",
            "Các hộ trong ngõ bàn bạc, góp kinh phí lắp đèn và máy quay ở đầu ngõ. Tổ trưởng giữ "
            "và bàn giao dữ liệu khi có yêu cầu đúng quy định.",
            "Các ngõ trong địa bàn có đủ ánh sáng, người dân yên tâm.",
            "Các hộ trong ngõ",
            "Kinh phí vận động",
        ),
        Theme(
            ("Tổ liên gia an toàn phòng cháy", "Mỗi nhà một bình chữa cháy"),
            "Nhà ở liền kề, nhiều hộ vừa ở vừa kinh doanh, lối thoát hạn chế.",
            "Mỗi tổ từ năm đến mười hộ lắp chuông báo liên thông, tập xử lý tình huống sáu tháng "
            "một lần.",
            "Mọi hộ trong tổ có bình chữa cháy và biết cách dùng.",
            "Các hộ ở liền kề",
            "Thành viên đang duy trì",
        ),
        Theme(
            ("Cổng trường an toàn giao thông", "Tổ hướng dẫn giao thông giờ tan học"),
            "Giờ tan học phụ huynh dừng xe dưới lòng đường, dễ va chạm.",
            "Kẻ vạch chờ, phân giờ đón theo khối lớp. Cựu chiến binh và đoàn viên thay nhau đứng "
            "hướng dẫn.",
            "Không còn ùn tắc trước cổng trường, không để xảy ra va chạm.",
            "Học sinh và phụ huynh",
            "Ngày công đóng góp",
        ),
        Theme(
            ("Tiếp sức thanh niên nhập ngũ", "Đồng hành cùng quân nhân xuất ngũ"),
            "Một số gia đình có con nhập ngũ gặp khó khăn, quân nhân xuất ngũ chưa có việc làm "
            "ngay.",
            "Chi bộ thăm từng gia đình trước và sau ngày giao quân, giới thiệu nơi học nghề và "
            "việc làm cho quân nhân trở về.",
            "Gia đình yên tâm, quân nhân xuất ngũ có việc làm trong sáu tháng.",
            "Thanh niên và gia đình",
            "Hộ được giúp đỡ",
        ),
        Theme(
            ("Hòa giải ở cơ sở kịp thời", "Tổ hòa giải năm cùng"),
            "Mâu thuẫn nhỏ về đất đai, lối đi để lâu thành đơn thư vượt cấp.",
            "Tổ hòa giải có người am hiểu pháp luật và người có uy tín, đến tận nhà nghe hai bên, "
            "ghi biên bản và theo dõi sau hòa giải.",
            "Từ chín phần mười vụ việc trở lên được hòa giải thành tại cơ sở.",
            "Người dân trong địa bàn",
            "Hộ được giúp đỡ",
        ),
    ),
}
# Said behind a name; nearly half have nothing behind it.
ENDINGS = (
    *("", "", "", "", ""),
    "tại {place}",
    "ở {place}",
    "do đảng viên làm trước",
    "tại khu dân cư",
    "vào ngày cuối tuần",
    "theo từng nhóm hộ",
    "gắn với chuyển đổi số",
    "cùng Nhân dân thực hiện",
    "hằng tháng",
    "vì cộng đồng",
)
PREPARED = (
    "Trước khi làm, đơn vị đã họp bàn với Nhân dân và thống nhất cách làm.",
    "Việc thực hiện được chia làm hai giai đoạn, làm thử rồi mới mở rộng.",
    "Đơn vị phân công người theo dõi và sơ kết sáu tháng một lần.",
    "Kết quả được thông báo công khai tại các buổi họp.",
    "Các tổ chức trong đơn vị cùng phối hợp, mỗi bên nhận một phần việc.",
)
RESULTS = (
    "Sau một năm, cách làm đã thành nếp, được nhiều người tham gia.",
    "Kết quả đạt được cơ bản đúng với dự kiến, bà con đồng tình.",
    "Số người tham gia tăng so với lúc đầu, việc làm được duy trì đều.",
)
DIFFICULTIES = (
    "Kinh phí chủ yếu do tự góp nên còn hạn chế.",
    "Người phụ trách kiêm nhiều việc nên có lúc chậm.",
    "Mùa mưa kéo dài làm gián đoạn một số hoạt động.",
)
LESSONS = (
    "Việc gì có bàn bạc và công khai thì Nhân dân ủng hộ.",
    "Chọn việc nhỏ, sát địa bàn, làm đều thì giữ được lâu.",
    "Đảng viên làm trước là lời vận động dễ nghe nhất.",
)
# Amounts that are likely for an indicator: from, to, in steps of.
AMOUNTS = {
    "Hộ được giúp đỡ": (4, 40, 1),
    "Hộ thoát nghèo": (1, 9, 1),
    "Người tham gia": (20, 300, 5),
    "Kinh phí vận động": (2_000_000, 80_000_000, 500_000),
    "Ngày công đóng góp": (20, 400, 10),
    "Đất hiến": (50, 3_000, 50),
    "Thành viên đang duy trì": (10, 120, 1),
}
FAMILY_NAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Phan", "Võ", "Đặng", "Bùi", "Đỗ")
MIDDLE_NAMES = ("Văn", "Thị", "Minh", "Thanh", "Ngọc", "Xuân")

RETURNED = (
    "Đề nghị nêu rõ cách làm và người phụ trách từng việc.",
    "Đề nghị bổ sung địa bàn và đối tượng thụ hưởng.",
    "Đề nghị ghi cụ thể kết quả dự kiến để cuối năm có căn cứ đánh giá.",
)
REFUSED = (
    "Nội dung trùng với một mô hình đơn vị đã đăng ký.",
    "Đây là nhiệm vụ thường xuyên, chưa phải là một mô hình.",
)
NOTES = (
    ("unit", "Đơn vị gửi thêm hình ảnh để phục vụ tọa đàm."),
    ("unit", "Đề nghị cập nhật kết quả sáu tháng."),
    ("office", "Đã trao đổi qua điện thoại, đơn vị sẽ bổ sung số liệu."),
    ("office", "Nên giới thiệu tại buổi tọa đàm tới."),
)
REASONS = {
    "replicate": "Cách làm rõ, dễ học, kết quả có số liệu; nên giới thiệu cho đơn vị khác.",
    "maintain": "",
    "strengthen": "Hướng đi đúng nhưng kết quả chưa rõ, cần bổ sung số liệu và người phụ trách.",
    "retire": "Mô hình đã làm xong phần việc của mình, đơn vị tập trung cho việc mới.",
    "survey": "",
}
RETIRE = (
    ("completed", "completed"),
    ("ineffective", "unsuitable"),
    ("formal", "unsuitable"),
    ("policy_changed", "unsuitable"),
)
