require ["date","relational","vacation"];
# rule:[Away]
if false # allof (currentdate :value "ge" "date" "2026-07-01", currentdate :value "le" "date" "2026-07-31")
{
	vacation :days 7 :addresses ["jill@ambridge.example","j.archer@ambridge.example"] "Away \"again\" – bye";
}
