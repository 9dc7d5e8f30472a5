<?php
// Prints, in hex and one a line, random serialised values: each first with the old address, then with the new one.
[, $old, $new, $count] = $argv;

enum Suit { case Hearts; }
class Shown { public $open; protected $half; private $closed;
    function __construct($a, $b, $c) { $this->open = $a; $this->half = $b; $this->closed = $c; } }

function text($url) {
    return match (mt_rand(0, 7)) {
        0 => "$url/é日😀", 1 => "\"$url\";s:3:\"abc\";", 2 => "<a href='$url?a=1&b=2'>", 3 => 'none at all',
        4 => rawurlencode("$url/a b"), 5 => "\0$url\0\n", 6 => '//' . explode('//', $url)[1] . '/x', 7 => '',
    };
}
function data($url, $depth) {
    $more = fn() => data($url, $depth - 1);
    return match (mt_rand(0, $depth > 0 ? 13 : 6)) {
        0, 1, 2 => text($url), 3 => mt_rand(-9, 9), 4 => mt_rand() / 7, 5 => (bool) mt_rand(0, 1), 6 => null,
        7, 8 => array_map($more, range(0, mt_rand(0, 4))),
        9 => [text('https://key.test') => $more(), 7 => $more(), 'é' => $more()],
        10 => new Shown($more(), $more(), $more()),
        11 => serialize($more()),
        12 => json_encode(['u' => text(str_replace("\0", '', $url)), 'held' => held($url, $depth)]),
        13 => [Suit::Hearts, (object) ['a' => $more()], new ArrayObject([$more()]), INF, NAN],
    };
}
// What JSON can hold: serialised data without private properties.
function held($url, $depth) {
    $list = fn() => array_map(fn() => str_replace("\0", '', text($url)), range(0, mt_rand(0, 3)));
    return [serialize($list()), ['n' => 1.5, 'again' => serialize([json_encode([serialize($list())])])]];
}

for ($seed = 0; $seed < $count; $seed++) {
    foreach ([$old, $new] as $url) {
        mt_srand($seed);
        $value = data($url, 4);
        $same = [$value, &$value, $value];
        echo bin2hex(serialize($same)), "\n";
    }
}
