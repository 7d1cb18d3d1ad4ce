require ["copy","date","relational","vacation-seconds"];
# rule:[Out of Office]
if allof (currentdate :zone "+0200" :value "ge" "iso8601" "2026-07-01T09:30:00+02:00", currentdate :zone "+0200" :value "le" "date" "2026-07-31")
{
	vacation :seconds 3600 :addresses ["jill@ambridge.example","j.archer@ambridge.example"] :subject "Away \"for now\" \\ gone" :handle "h" :from "\"Jill Archer\" <jill@ambridge.example>" :mime text:
I am away.

Back on Monday.
..signature
Jill
.
;
	redirect :copy "phil@elsewhere.example";
}
