<?php
/* Code: change something here in Dev, commit it, and deploy it to Test and Live. */
return [
	'version' => '1',
	'accent' => '#2f6fde',
	'title' => 'A small harbour',
	'lead' => 'Code moves up from here. Content comes down to here.',
];
