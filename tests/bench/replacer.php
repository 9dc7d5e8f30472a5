<?php
// What `wp search-replace` does to a table: lists the keys of rows with a hit in batches, then reads each row, replaces
// inside unserialised data, and writes the row.
// usage: replacer.php SOCKET DATABASE OLD NEW ROWS    prints "rows seconds"
[, $socket, $database, $old, $new, $most] = $argv;

function replaced($value, string $old, string $new) {
    if (is_string($value)) {
        $inner = preg_match('/^[aOs]:\d/', $value) ? @unserialize($value, ['allowed_classes' => ['stdClass']]) : false;
        return $inner === false ? str_replace($old, $new, $value) : serialize(replaced($inner, $old, $new));
    }
    if (is_array($value)) {
        foreach ($value as $key => $item) {
            $value[$key] = replaced($item, $old, $new);
        }
    } elseif ($value instanceof stdClass) {
        foreach (get_object_vars($value) as $key => $item) {
            $value->$key = replaced($item, $old, $new);
        }
    }
    return $value;
}

$link = mysqli_init();
$link->real_connect('localhost', 'root', '', $database, 0, $socket);
$link->query("SET SESSION sql_mode = ''");
[$rows, $last, $started] = [0, 0, microtime(true)];
$like = $link->real_escape_string(addcslashes($old, '_%\\'));
while ($rows < (int) $most) {
    $found = $link->query("SELECT meta_id FROM wp_postmeta WHERE meta_value LIKE BINARY '%$like%' AND meta_id > $last ORDER BY meta_id LIMIT 1000");
    foreach ($found->fetch_all() as [$last]) {
        $value = $link->query("SELECT meta_value FROM wp_postmeta WHERE meta_id = $last")->fetch_row()[0];
        $edited = replaced($value, $old, $new);
        if ($edited !== $value) {
            $escaped = $link->real_escape_string($edited);
            $link->query("UPDATE wp_postmeta SET meta_value = '$escaped' WHERE meta_id = $last");
            $rows++;
        }
    }
    if ($found->num_rows < 1000) {
        break;
    }
}
echo $rows, ' ', microtime(true) - $started, "\n";
