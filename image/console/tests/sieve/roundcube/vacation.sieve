require ["vacation"];
# rule:[Out of Office]
if true
{
	vacation :days 7 :addresses ["jill@ambridge.example","j.archer@ambridge.example"] :subject "Away \"for now\" \\ gone" text:
I am away.

Back on Monday.
..signature
Jill
.
;
}
