# Written by hand
# two lines

require ["date","fileinto","relational","vacation"];
# rule:[Out of Office]
if allof (currentdate :zone "+0200" :value "ge" "date" "2026-07-01", currentdate :zone "+0200" :value "le" "date" "2026-07-31")
{
	vacation :days 7 :addresses ["jill@ambridge.example","j.archer@ambridge.example"] :subject "Away \"for now\" \\ gone" text:
I am away.

Back on Monday.
..signature
Jill
.
;
}
# rule:[Seeds]
if allof (header :contains "subject" "seeds")
{
	fileinto "Seed swap";
	stop;
}
# rule:[Big]
if size :over 1M
{
	fileinto "Big";
}
