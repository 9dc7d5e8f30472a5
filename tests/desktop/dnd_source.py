#!/usr/bin/python3
"""A program to drag files from: a small window, all of which can be dragged, offering FILES as text/uri-list.

usage: dnd_source.py X Y FILE...
Prints what happens to it: `ready`, `begin`, `get TARGET`, `failed REASON`, `end`.
"""
import os
import pathlib
import sys

os.environ.setdefault("GDK_BACKEND", "x11")
os.environ.setdefault("NO_AT_BRIDGE", "1")

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, GLib, Gtk

x, y, *files = sys.argv[1:]
uris = [pathlib.Path(file).absolute().as_uri() for file in files]


def say(*words):
    print(*words, flush=True)


def on_get(_widget, _context, selection, _info, _time):
    say("get", selection.get_target().name())
    selection.set_uris(uris)


def on_failed(_widget, _context, reason):
    say("failed", reason.value_nick)
    return False


def on_end(*_):
    say("end")
    GLib.timeout_add(100, Gtk.main_quit)


def when_shown():
    say("ready")
    return False


window = Gtk.Window(type=Gtk.WindowType.POPUP)  # no window manager moves it
window.set_default_size(60, 60)
window.move(int(x), int(y))
box = Gtk.EventBox()
box.add(Gtk.Label(label="drag"))
window.add(box)
box.drag_source_set(
    Gdk.ModifierType.BUTTON1_MASK,
    [Gtk.TargetEntry.new("text/uri-list", 0, 0)],
    Gdk.DragAction.COPY,
)
box.connect("drag-begin", lambda *_: say("begin"))
box.connect("drag-data-get", on_get)
box.connect("drag-failed", on_failed)
box.connect("drag-end", on_end)
window.show_all()
GLib.idle_add(when_shown)
GLib.timeout_add_seconds(30, Gtk.main_quit)
Gtk.main()
