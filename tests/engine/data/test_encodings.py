"""Files that are no UTF-8: the encoding that is proposed is the one that Python's own codec wrote them in."""

from __future__ import annotations

from pathlib import Path

import pytest
from tunetop.engine.data.encodings import likely_encodings
from tunetop.engine.errors import PresetError
from tunetop.engine.preset.preset import parse
from tunetop.engine.problem.first_preset import first_preset
from tunetop.engine.problem.problem import load_problem

WRITTEN = {
    "cp1252": (
        *("name,ort;Müller;Köln;Straße;Düsseldorf;Schäfer", "prénom;Hélène;Besançon;François;Orléans;Noël"),
        *("nome;João;São Paulo;Maurício;Conceição;Goiânia", "nombre;José Peña;Muñoz;Ávila", "città;però;Forlì;Cefalù"),
        *(
            "navn;Søren;København;Århus;Ærø",
            "namn;Göteborg;Malmö;Älmhult",
            "price;5 €;6 €",
            "size;12 µm;5 °C",
            "a;sí;no",
        ),
        "it;McDonald’s;Levi’s",
    ),
    "cp1250": (
        *("imię;Łukasz;Wrocław;Gdańsk;Żółty", "jméno;Dvořák;Plzeň;České Budějovice;Zdeněk"),
        "ime;Kovačić;Županja;Šibenik;Đurđevac",
    ),
    "iso8859_2": ("imię;Łukasz;Gdańsk;śnieg;wąż;źrebię", "jméno;Dvořák;Plzeň;Štěpán;Žižkov;liška"),
    "cp1254": ("il;İstanbul;Diyarbakır;Şanlıurfa;Muğla;Iğdır",),
    "cp1257": ("vardas;Šiauliai;Klaipėda;Panevėžys;Mažeikių", "pilsēta;Rīga;Jūrmala;Cēsis;Ņina"),
    "mac_roman": ("prénom;Hélène;François;Orléans", "name;Müller;Köln;Straße"),
    "cp850": ("prénom;Hélène;François;Orléans", "name;Müller;Köln;Straße"),
    "cp852": ("imię;Łukasz;Wrocław;Gdańsk;Żółty",),
    "cp1251": (
        *("имя;Иван;Москва;Мария;Санкт-Петербург;Ольга", "ИМЯ;ИВАН;МОСКВА;ЕКАТЕРИНБУРГ", "ім'я;Київ;Харків;Запоріжжя"),
        "ответ;да;нет",
    ),
    "koi8_r": ("имя;Иван;Москва;Мария;Санкт-Петербург;Ольга",),
    "cp866": ("имя;Иван;Москва;Мария;Санкт-Петербург;Ольга",),
    "cp1253": ("όνομα;Γιώργος;Αθήνα;Θεσσαλονίκη;Μαρία",),
    "cp1255": ("שם;ירושלים;תל אביב;משה;כן;לא",),
    "cp1256": ("الاسم;محمد;القاهرة;فاطمة;نعم;لا", "شهر;تهران;مشهد"),
    "cp874": ("ชื่อ;กรุงเทพ;เชียงใหม่;สมชาย;ชาย;หญิง",),
    "cp932": ("名前;田中;東京;鈴木;大阪;はい;いいえ", "カテゴリ;トヨタ;ホンダ", "都市;東京;大阪;京都;横浜"),
    "euc_jp": ("名前;田中;東京;鈴木;大阪;はい;いいえ", "カテゴリ;トヨタ;ホンダ"),
    "gb18030": ("姓名;张伟;北京;王芳;上海;李娜;广州", "性别;男;女", "是;否", "产品类型;手机;电脑;家具"),
    "big5": ("姓名;陳偉;台北;王芳;高雄;李娜;臺中", "性別;男;女", "產品類型;手機;電腦;傢俱"),
    "cp949": ("이름;김철수;서울;이영희;부산;박민수;대구", "성별;남;여", "예;아니오"),
}
UNSEEN: dict[str, tuple[str, ...]] = {
    "cp1252": (
        "gemüse;Äpfel;Nüsse;Möhren;Grüße",
        "pays;Algérie;Brésil;Côte d'Ivoire;Norvège;Suède",
        "provincia;Cádiz;León;Málaga;Coruña",
        "estado;Paraná;Pará;Goiás;Rondônia;Espírito Santo",
        "mese;lunedì;martedì;giovedì;venerdì",
        "färg;grön;blå;rött;gråskala",
        "produkt;smørrebrød;rødvin;kål",
        "plaats;België;Curaçao;één",
        "status;élevé;modéré;faible",
    ),
    "cp1250": (
        "miasto;Kraków;Łódź;Poznań;Częstochowa;Rzeszów",
        "barva;červená;žlutá;zelená;růžová",
        "mesto;Košice;Žilina;Prešov;Banská Štiavnica",
        "boja;žuta;crvena;plavičasta;šarena",
    ),
    "cp1251": (
        "город;Новосибирск;Казань;Самара;Омск",
        "пол;мужской;женский",
        "стан;одружений;неодружений;вдова",
        "категория;Одежда;Обувь;Книги;Игрушки",
        "цвят;червен;зелен;син",
    ),
    "koi8_r": ("город;Новосибирск;Казань;Самара;Омск",),
    "cp1254": ("renk;kırmızı;yeşil;sarı;gümüş", "şehir;Eskişehir;Kütahya;Ağrı;Çanakkale"),
    "cp1253": ("πόλη;Πάτρα;Ηράκλειο;Λάρισα;Βόλος", "φύλο;άνδρας;γυναίκα"),
    "cp1255": ("צבע;אדום;ירוק;כחול;צהוב",),
    "cp1256": ("مدينة;الرياض;جدة;دمشق;بغداد", "الجنس;ذكر;أنثى"),
    "cp874": ("จังหวัด;ขอนแก่น;ภูเก็ต;นครราชสีมา", "เพศ;ชาย;หญิง"),
    "cp932": ("商品名;りんご;みかん;バナナ", "部署;営業部;開発部;人事部", "血液型;Ａ型;Ｂ型;Ｏ型"),
    "gb18030": ("颜色;红色;蓝色;绿色", "省份;广东;四川;湖北;浙江", "学历;本科;硕士;博士;高中"),
    "big5": ("顏色;紅色;藍色;綠色", "學歷;大學;碩士;博士;高中"),
    "cp949": ("색상;빨강;파랑;초록", "지역;경기도;강원도;충청남도;제주", "학력;고졸;대졸;석사;박사"),
    "cp1257": ("spalva;žalia;mėlyna;juoda;šviesi",),
}
"""Words that the letters' weights were not made with."""

BOTH = ("név;Győr;Székesfehérvár;Erdős;Kovács", "cp1250"), ("ΝΑΙ;ΟΧΙ", "cp1253"), ("ИМЯ;ИВАН;МОСКВА", "koi8_r")
"""Letters that are those of two languages in two encodings."""


def table_of(words: str, place: Path, encoding: str) -> Path:
    """Write a table whose last column is in those words, of forty rows."""
    head, *values = words.split(";")
    rows = [f"{row % 7},{row % 5},{values[row % len(values)]}" for row in range(40)]
    path = place / "table.csv"
    path.write_bytes("\n".join([f"a,b,{head}", *rows, ""]).encode(encoding))
    return path


def asked_for(path: Path) -> PresetError:
    text = f'title = "t"\n[data]\nsource = "csv:{path.name}"\ntarget = "a"\n[model]\n'
    text += 'estimator = "sklearn.linear_model.Ridge"\n[space]\nalpha = [1, 2]\n'
    with pytest.raises(PresetError) as caught:
        load_problem(parse(text + '[score]\nscoring = "r2"\n[[method]]\nkind = "grid"\n', path.with_name("p.toml")))
    return caught.value


@pytest.mark.parametrize(("encoding", "words"), [(one, text) for one, texts in WRITTEN.items() for text in texts])
def test_the_encoding_proposed_is_the_one_that_the_file_is_in(encoding: str, words: str, tmp_path: Path) -> None:
    path = table_of(words, tmp_path, encoding)
    error = asked_for(path)
    assert error.key == "data.encoding"
    proposed = error.allowed.partition('"')[2].partition('"')[0]
    assert path.read_bytes().decode(proposed) == path.read_bytes().decode(encoding)


def test_of_words_never_seen_one_of_two_proposed_is_right_and_mostly_the_first(tmp_path: Path) -> None:
    cases = [(words, encoding) for encoding, texts in UNSEEN.items() for words in texts]
    first = 0
    for words, encoding in cases:
        content = table_of(words, tmp_path, encoding).read_bytes()
        right = [content.decode(one) == content.decode(encoding) for one in likely_encodings(content)[:2]]
        assert any(right), words
        first += right[0]
    assert first >= 0.95 * len(cases)


@pytest.mark.parametrize(("words", "encoding"), BOTH)
def test_what_may_be_words_in_two_encodings_is_told_with_both(words: str, encoding: str, tmp_path: Path) -> None:
    error = asked_for(table_of(words, tmp_path, encoding))
    assert f'"{encoding}", which reads "' in error.allowed
    assert error.allowed.count("which reads") == 2


def test_a_first_preset_says_what_else_the_bytes_may_be(tmp_path: Path) -> None:
    first = first_preset(table_of(BOTH[0][0], tmp_path, "cp1250"), "a")
    assert any('or "cp1250", which reads "a,b,név' in line or '"0,0,Győr"' in line for line in first.said), first.said


def test_bytes_that_are_letters_of_no_language_are_not_guessed_at(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\n" + b"1,\x81\x8d\x8f\x9d\xff\xb0\xb1\x81\n" * 40)
    assert asked_for(path).allowed.startswith("another encoding, such as")


def test_one_broken_letter_among_many_is_told_with_its_line(tmp_path: Path) -> None:
    path = table_of("ville;Orléans;Besançon", tmp_path, "utf-8")
    path.write_bytes(path.read_bytes() + b"1,2,Nan\xe7ay\n")
    error = asked_for(path)
    assert "in line 42, is not UTF-8, as all but 1 of its letters are" in error.found
    assert 'that line mended: "1,2,Nan' in error.allowed
