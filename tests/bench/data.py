#!/usr/bin/env python3
"""Makes the data of the content benches: a large WordPress database and a large folder of uploads.

usage: tests/bench/data.py [--scale S] dump FILE.sql.gz | files FOLDER

At scale 1 the dump has 200,000 posts and 1,500,000 rows of meta (1 GB of SQL), a quarter of them PHP-serialised, and
a conversion of its addresses is 1.1 million replacements in 650,000 rows. The folder has 100,000 files of 5 GB. The
same scale makes the same bytes each time.
"""
import argparse
import gzip
import os
import random
import sys
from pathlib import Path

sys.dont_write_bytecode = True

HOST = "live-bench.pantheonsite.io"
OLD = f"https://{HOST}"

WORDS = (
    "content moves down and code moves up while every step can be undone by the person who made it before lunch "
    "whatever happens to the disk or the network in between because nothing is final until somebody says so"
).split()

TABLES = {
    "wp_posts": """
  `ID` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `post_author` bigint(20) unsigned NOT NULL DEFAULT 0,
  `post_date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `post_date_gmt` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `post_content` longtext NOT NULL,
  `post_title` text NOT NULL,
  `post_excerpt` text NOT NULL,
  `post_status` varchar(20) NOT NULL DEFAULT 'publish',
  `post_name` varchar(200) NOT NULL DEFAULT '',
  `post_parent` bigint(20) unsigned NOT NULL DEFAULT 0,
  `guid` varchar(255) NOT NULL DEFAULT '',
  `post_type` varchar(20) NOT NULL DEFAULT 'post',
  PRIMARY KEY (`ID`),
  KEY `post_name` (`post_name`(191)),
  KEY `type_status_date` (`post_type`,`post_status`,`post_date`,`ID`),
  KEY `post_parent` (`post_parent`),
  KEY `post_author` (`post_author`)""",
    "wp_postmeta": """
  `meta_id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `post_id` bigint(20) unsigned NOT NULL DEFAULT 0,
  `meta_key` varchar(255) DEFAULT NULL,
  `meta_value` longtext DEFAULT NULL,
  PRIMARY KEY (`meta_id`),
  KEY `post_id` (`post_id`),
  KEY `meta_key` (`meta_key`(191))""",
    "wp_comments": """
  `comment_ID` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `comment_post_ID` bigint(20) unsigned NOT NULL DEFAULT 0,
  `comment_author` tinytext NOT NULL,
  `comment_author_url` varchar(200) NOT NULL DEFAULT '',
  `comment_date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `comment_content` text NOT NULL,
  `comment_approved` varchar(20) NOT NULL DEFAULT '1',
  PRIMARY KEY (`comment_ID`),
  KEY `comment_post_ID` (`comment_post_ID`),
  KEY `comment_approved_date` (`comment_approved`,`comment_date`)""",
    "wp_options": """
  `option_id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `option_name` varchar(191) NOT NULL DEFAULT '',
  `option_value` longtext NOT NULL,
  `autoload` varchar(20) NOT NULL DEFAULT 'yes',
  PRIMARY KEY (`option_id`),
  UNIQUE KEY `option_name` (`option_name`),
  KEY `autoload` (`autoload`)""",
}


def serialized(value):
    """What PHP's `serialize` writes; lengths are those of bytes, and all here is ASCII."""
    if isinstance(value, str):
        return f's:{len(value)}:"{value}";'
    if isinstance(value, int):
        return f"i:{value};"
    return f"a:{len(value)}:{{{''.join(serialized(it) for pair in value.items() for it in pair)}}}"


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"').replace("\n", "\\n") + "'"


class Rows:
    """Everything is drawn from pools that are made once: drawing each word would take minutes."""

    def __init__(self, scale):
        self.random = random.Random(4)
        self.scale = scale
        self.paragraphs = [self.text(28) for _ in range(2000)]

    def text(self, words):
        return " ".join(self.random.choices(WORDS, k=words)).capitalize() + "."

    def count(self, whole):
        return max(1, round(whole * self.scale))

    def when(self, number):
        return f"20{10 + number % 15}-{1 + number % 12:02}-{1 + number % 28:02} {number % 24:02}:{number % 60:02}:00"

    def posts(self):
        for number in range(1, self.count(200_000) + 1):
            some = [f"<p>{it}</p>" for it in self.random.choices(self.paragraphs, k=12)]
            if number % 4:
                image = f"{OLD}/wp-content/uploads/2024/{number % 12 + 1:02}/image-{number}"
                some[3] = f'<img src="{image}.jpg" alt=\'It\'s one\' />'
                some[5] = f'<a href="{OLD}/category/{number % 50}/">{some[5]}</a>'
                some[7] = f'<a href="{OLD}/post-{number // 2}/">{some[7]}</a>\n<img src="{image}-300x200.jpg" />'
            when = self.when(number)
            yield (
                f"({number},{number % 20 + 1},'{when}','{when}',{quoted(chr(10).join(some))},'Post {number}','',"
                f"'publish','post-{number}',0,'{OLD}/?p={number}','{'post' if number % 3 else 'attachment'}')"
            )

    def postmeta(self):
        posts = self.count(200_000)
        for number in range(1, self.count(1_500_000) + 1):
            post, kind = number % posts + 1, number % 20
            name, value = "_key", self.paragraphs[number % 2000] * (1 + kind % 2)
            if kind < 3:  # an attachment's sizes
                name, value = "_wp_attachment_metadata", self.attachment(number)
            elif kind == 3:  # a builder's settings: serialised data within serialised data
                name, value = "_builder", self.builder(number)
            elif kind == 4:  # serialised, without an address
                name, value = "_layout", serialized({"columns": number % 4, "text": self.paragraphs[number % 2000]})
            elif kind == 5:
                link = OLD.replace("/", "\\/")
                name, value = "_elementor_data", f'[{{"id":"{number:x}","url":"{link}\\/page-{number}","w":{kind}}}]'
            elif kind == 6:
                name, value = "_link", f"{OLD}/page-{number}/"
            yield f"({number},{post},'{name}',{quoted(value)})"

    def attachment(self, number):
        sizes = {
            size: {"file": f"image-{number}-{width}x{width}.jpg", "width": width, "mime-type": "image/jpeg"}
            for size, width in (("thumbnail", 150), ("medium", 300), ("large", 1024))
        }
        meta = {"file": f"2024/01/image-{number}.jpg", "width": 1600, "sizes": sizes}
        if number % 4:
            meta["url"] = f"{OLD}/wp-content/uploads/2024/01/image-{number}.jpg"
        return serialized(meta)

    def builder(self, number):
        inner = serialized({"title": "A 'quoted' title", "link": f"{OLD}/landing-{number}/", "n": number})
        return serialized({"version": "4.2", "rows": inner, "image": f"{OLD}/image-{number}.png"})

    def comments(self):
        posts = self.count(200_000)
        for number in range(1, self.count(100_000) + 1):
            url = f"{OLD}/author-{number}/" if number % 4 == 0 else ""
            text = f"{self.paragraphs[number % 2000]} {OLD}/post-{number}/" if number % 2 else self.paragraphs[number % 2000]
            yield f"({number},{number % posts + 1},'Ada','{url}','{self.when(number)}',{quoted(text * 2)},'1')"

    def options(self):
        for number, (name, value) in enumerate(
            [("siteurl", OLD), ("home", OLD), ("blogname", "Bench")]
            + [(f"widget_{it}", self.builder(it)) for it in range(self.count(5000))],
            1,
        ):
            yield f"({number},'{name}',{quoted(value)},'yes')"


def write_dump(out, scale):
    """The dump, as `mariadb-dump` prints it."""
    rows = Rows(scale)
    out.write("-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB\n/*!40101 SET NAMES utf8mb4 */;\n")
    for table, columns in TABLES.items():
        out.write(f"DROP TABLE IF EXISTS `{table}`;\nCREATE TABLE `{table}` ({columns}\n)")
        out.write(" ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;\n")
        out.write(f"LOCK TABLES `{table}` WRITE;\n")
        statement, length = [], 0
        for row in getattr(rows, table.removeprefix("wp_"))():
            statement.append(row)
            length += len(row)
            if length > 1_000_000:
                out.write(f"INSERT INTO `{table}` VALUES\n" + ",\n".join(statement) + ";\n")
                statement, length = [], 0
        if statement:
            out.write(f"INSERT INTO `{table}` VALUES\n" + ",\n".join(statement) + ";\n")
        out.write("UNLOCK TABLES;\n")
    out.write("-- Dump completed on 2026-11-24  2:00:00\n")


def make_dump(file, scale):
    with gzip.open(file, "wt", compresslevel=1, encoding="ascii", newline="\n") as out:
        write_dump(out, scale)


def make_files(folder, scale):
    """Sizes are log-normal, as those of real uploads; the content does not compress."""
    chance = random.Random(4)
    count = max(1, round(100_000 * scale))
    block = chance.randbytes(1 << 20)
    for number in range(count):
        place = folder / f"20{10 + number % 7}" / f"{1 + number // 7 % 12:02}"
        if number < 84:
            place.mkdir(parents=True, exist_ok=True)
        size = min(int(chance.lognormvariate(9.9, 1.4)) + 50, 8 << 20)
        start = chance.randrange(1 << 19)
        with open(place / f"image-{number}.jpg", "wb", buffering=0) as file:
            while size > 0:
                size -= file.write(block[start : start + size])


def change_files(folder, share):
    """Rewrites so large a share of the files."""
    for number, path in enumerate(sorted(folder.rglob("*.jpg"))):
        if number % round(1 / share) == 0:
            path.write_bytes(os.urandom(64) + path.read_bytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("what", choices=["dump", "files"])
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    {"dump": make_dump, "files": make_files}[options.what](options.target, options.scale)


if __name__ == "__main__":
    main()
