"""The names of the demo register: made up of words for "imaginary", "example", "demo", "sample" and "mock".

So nobody is taken for a real company, model or plant.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class DemoCompany:
    """A company, its classes of industry, its sites as (region, city, in English), and how many factories it has."""

    name: str
    name_en: str
    industries: tuple[str, ...]
    sites: tuple[tuple[str, str, str], ...]
    factories: int


COMPANIES = (
    DemoCompany(
        "예시전자",
        "Example Electronics",
        ("26110", "26299"),
        (("41", "수원", "Suwon"), ("41", "평택", "Pyeongtaek"), ("47", "구미", "Gumi"), ("44", "아산", "Asan")),
        11,
    ),
    DemoCompany(
        "가상모터스",
        "Imaginary Motors",
        ("30121", "30399"),
        (("31", "울산", "Ulsan"), ("44", "아산", "Asan"), ("12", "광주", "Gwangju"), ("41", "화성", "Hwaseong")),
        10,
    ),
    DemoCompany(
        "시연철강",
        "Demo Steel",
        ("24111", "24191"),
        (("47", "포항", "Pohang"), ("12", "광양", "Gwangyang"), ("44", "당진", "Dangjin")),
        8,
    ),
    DemoCompany(
        "모의조선",
        "Mock Shipbuilding",
        ("31111",),
        (("48", "거제", "Geoje"), ("31", "울산", "Ulsan"), ("12", "영암", "Yeongam")),
        7,
    ),
    DemoCompany(
        "견본화학",
        "Sample Chemicals",
        ("20111", "20302"),
        (("12", "여수", "Yeosu"), ("31", "울산", "Ulsan"), ("44", "서산", "Seosan")),
        7,
    ),
    DemoCompany(
        "예시배터리",
        "Example Battery",
        ("28202",),
        (("43", "청주", "Cheongju"), ("31", "울산", "Ulsan"), ("47", "포항", "Pohang"), ("52", "새만금", "Saemangeum")),
        7,
    ),
    DemoCompany(
        "가상기계",
        "Imaginary Machinery",
        ("29176", "29223"),
        (("48", "창원", "Changwon"), ("41", "안산", "Ansan"), ("27", "대구", "Daegu")),
        8,
    ),
    DemoCompany(
        "시연부품",
        "Demo Auto Parts",
        ("30331", "30320"),
        (("27", "대구", "Daegu"), ("48", "창원", "Changwon"), ("28", "인천", "Incheon"), ("47", "경산", "Gyeongsan")),
        8,
    ),
    DemoCompany(
        "견본식품",
        "Sample Foods",
        ("10712", "10401"),
        (("52", "익산", "Iksan"), ("43", "음성", "Eumseong"), ("41", "안성", "Anseong")),
        6,
    ),
    DemoCompany(
        "모의디스플레이",
        "Mock Display",
        ("26211",),
        (("41", "파주", "Paju"), ("44", "천안", "Cheonan"), ("47", "구미", "Gumi")),
        5,
    ),
    DemoCompany(
        "예시제약",
        "Example Pharma",
        ("21210",),
        (("43", "오송", "Osong"), ("28", "송도", "Songdo"), ("41", "화성", "Hwaseong")),
        5,
    ),
    DemoCompany("가상섬유", "Imaginary Textiles", ("13211",), (("27", "대구", "Daegu"), ("41", "양주", "Yangju")), 3),
    DemoCompany("시연항공", "Demo Aerospace", ("31310",), (("48", "사천", "Sacheon"), ("48", "창원", "Changwon")), 4),
    DemoCompany("견본정유", "Sample Refining", ("19210",), (("31", "울산", "Ulsan"), ("44", "서산", "Seosan")), 3),
    DemoCompany(
        "모의금속",
        "Mock Metalworks",
        ("25912", "25924"),
        (("26", "부산", "Busan"), ("28", "인천", "Incheon"), ("48", "김해", "Gimhae")),
        6,
    ),
    DemoCompany(
        "예시플라스틱", "Example Plastics", ("22232",), (("41", "시흥", "Siheung"), ("43", "진천", "Jincheon")), 4
    ),
    DemoCompany(
        "가상가전", "Imaginary Appliances", ("28511",), (("12", "광주", "Gwangju"), ("48", "창원", "Changwon")), 4
    ),
    DemoCompany(
        "시연의료기기", "Demo Medical Devices", ("27112",), (("51", "원주", "Wonju"), ("30", "대전", "Daejeon")), 3
    ),
    DemoCompany("견본세라믹", "Sample Ceramics", ("23999",), (("36", "세종", "Sejong"), ("11", "서울", "Seoul")), 2),
)
PARTNERS = (
    ("가상제조지능연구소", "Imaginary Institute of Manufacturing Intelligence"),
    ("예시비전랩", "Example Vision Lab"),
    ("시연로보틱스", "Demo Robotics"),
    ("모의산업데이터", "Mock Industrial Data"),
    ("견본소프트", "Sample Software"),
    ("예시공정기술원", "Example Process Technology Institute"),
)


@dataclass(frozen=True, slots=True)
class DemoModel:
    """A foundation model; `partner` is its developer's place among the partners."""

    name: str
    name_en: str
    partner: int
    kind: str
    industries: tuple[str, ...]
    modalities: tuple[str, ...]
    access: str
    registered_on: date
    released_on: date


MODELS = (
    DemoModel(
        "가상 제조 시계열 기반모델",
        "Imaginary Manufacturing Time-Series Model",
        0,
        "foundation",
        (),
        ("time_series", "tabular"),
        "alliance",
        date(2025, 10, 13),
        date(2025, 12, 8),
    ),
    DemoModel(
        "예시 외관 검사 모델",
        "Example Visual Inspection Model",
        1,
        "process",
        ("26", "28", "30"),
        ("vision",),
        "commercial",
        date(2025, 11, 3),
        date(2026, 2, 16),
    ),
    DemoModel(
        "모의 용접 품질 모델",
        "Mock Weld Quality Model",
        3,
        "process",
        ("30", "31"),
        ("vision", "time_series"),
        "alliance",
        date(2026, 1, 12),
        date(2026, 5, 18),
    ),
    DemoModel(
        "시연 로봇 행동 모델",
        "Demo Robot Action Model",
        2,
        "cooperation_leading",
        ("29", "30"),
        ("action", "vision", "language"),
        "alliance",
        date(2026, 2, 9),
        date(2026, 8, 24),
    ),
    DemoModel(
        "견본 설비 정비 언어모델",
        "Sample Maintenance Language Model",
        4,
        "industry",
        ("24", "29"),
        ("language",),
        "open",
        date(2026, 3, 16),
        date(2026, 11, 9),
    ),
    DemoModel(
        "예시 공정 제어 모델",
        "Example Process Control Model",
        5,
        "industry",
        ("19", "20"),
        ("time_series",),
        "commercial",
        date(2026, 4, 20),
        date(2026, 12, 14),
    ),
    DemoModel(
        "가상 다중모달 제조 모델",
        "Imaginary Multimodal Manufacturing Model",
        0,
        "foundation",
        (),
        ("multimodal",),
        "open",
        date(2026, 6, 29),
        date(2027, 6, 28),
    ),
    DemoModel(
        "모의 공급망 협력 모델",
        "Mock Supply-Chain Cooperation Model",
        3,
        "cooperation_leading",
        ("26", "30"),
        ("tabular", "language"),
        "alliance",
        date(2026, 7, 20),
        date(2027, 3, 15),
    ),
    DemoModel(
        "시연 이상음 탐지 모델",
        "Demo Anomalous Sound Model",
        2,
        "process",
        ("29",),
        ("audio",),
        "commercial",
        date(2026, 9, 7),
        date(2027, 1, 18),
    ),
)
