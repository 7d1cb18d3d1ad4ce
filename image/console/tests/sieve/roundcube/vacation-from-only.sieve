require ["date","relational","vacation"];
# rule:[Out of Office]
if currentdate :zone "+0200" :value "ge" "date" "2026-07-01"
{
	vacation :days 7 :addresses ["jill@ambridge.example","j.archer@ambridge.example"] :subject "Away \"for now\" \\ gone" text:
I am away.

Back on Monday.
..signature
Jill
.
;
}
