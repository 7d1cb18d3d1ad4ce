require ["vacation"];
# rule:[Abwesenheit]
if true
{
	vacation "Bin im Garten – bis bald";
}
