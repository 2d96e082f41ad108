//! Who is made up: always the same people in the same order, so that an interrupted seed can be gone on with.

use std::collections::HashMap;

/// The one person with a name nobody else has.
pub const RARE_AT: u64 = 42;
pub const RARE: (&str, &str) = ("Quillon", "Zbarsky");

pub struct Invented {
    /// Before the `@`.
    pub login: String,
    pub display_name: String,
    pub department: &'static str,
    pub country: &'static str,
    pub on_premises: bool,
    /// The best plan of about every fifth person.
    pub premium: bool,
}

/// Frequent names come first: they are drawn more often.
const FIRST: [&str; 72] = [
    "James",
    "Maria",
    "John",
    "Anna",
    "Mohammed",
    "Sarah",
    "David",
    "Emma",
    "Michael",
    "Laura",
    "Daniel",
    "Julia",
    "Thomas",
    "Sofia",
    "Peter",
    "Nina",
    "Alexander",
    "Eva",
    "Robert",
    "Elena",
    "Paul",
    "Olivia",
    "Martin",
    "Chloe",
    "Luca",
    "Mia",
    "Ahmed",
    "Fatima",
    "Wei",
    "Yuki",
    "Raj",
    "Priya",
    "Carlos",
    "Lucía",
    "Pedro",
    "Inês",
    "Jan",
    "Katarzyna",
    "Piotr",
    "Zoë",
    "Noah",
    "Léa",
    "Hugo",
    "Manon",
    "Björn",
    "Astrid",
    "Lars",
    "Freja",
    "Mikko",
    "Aino",
    "Dimitri",
    "Ioana",
    "Andrei",
    "Zsófia",
    "Tomáš",
    "Lenka",
    "Oluwaseun",
    "Ngozi",
    "Kwame",
    "Amina",
    "Diego",
    "Valentina",
    "Mateo",
    "Camila",
    "Hiroshi",
    "Sakura",
    "Minh",
    "Linh",
    "Aisling",
    "Cormac",
    "Gwen",
    "Rhys",
];
const LAST: [&str; 96] = [
    "Smith",
    "Jones",
    "Müller",
    "García",
    "Williams",
    "Brown",
    "Martin",
    "Schmidt",
    "Taylor",
    "Khan",
    "Silva",
    "Rossi",
    "Davies",
    "Evans",
    "Patel",
    "Nguyen",
    "Dubois",
    "Novák",
    "Kowalski",
    "Johansson",
    "Hansen",
    "Fischer",
    "Weber",
    "Thomas",
    "Roberts",
    "Wilson",
    "Walker",
    "Wright",
    "Santos",
    "Ferreira",
    "López",
    "Martínez",
    "Bernard",
    "Moreau",
    "Bianchi",
    "Ricci",
    "Singh",
    "Kumar",
    "Sharma",
    "Wang",
    "Li",
    "Chen",
    "Tanaka",
    "Suzuki",
    "Kim",
    "Park",
    "Okafor",
    "Mensah",
    "Diallo",
    "Haddad",
    "Rahman",
    "Yılmaz",
    "Demir",
    "Popescu",
    "Ivanov",
    "Petrov",
    "Horvat",
    "Nagy",
    "Virtanen",
    "Korhonen",
    "Lindberg",
    "Nilsson",
    "Andersen",
    "Jensen",
    "Dahl",
    "de Vries",
    "van den Berg",
    "Bakker",
    "Janssen",
    "Peeters",
    "Maes",
    "Keller",
    "Meier",
    "Huber",
    "Gruber",
    "Wagner",
    "Becker",
    "Hoffmann",
    "Koch",
    "Murphy",
    "Kelly",
    "O'Brien",
    "Byrne",
    "MacDonald",
    "Campbell",
    "Stewart",
    "Fraser",
    "Hughes",
    "Morgan",
    "Steele",
    "Whitfield",
    "Ashcroft",
    "Pemberton",
    "Lockwood",
    "Farrow",
    "Thistlewood",
];
pub const DEPARTMENTS: [&str; 16] = [
    "Sales",
    "Engineering",
    "Customer Service",
    "Operations",
    "Finance",
    "Manufacturing",
    "Logistics",
    "Marketing",
    "Human Resources",
    "IT",
    "Research",
    "Purchasing",
    "Quality",
    "Legal",
    "Facilities",
    "Communications",
];
const COUNTRIES: [&str; 16] =
    ["GB", "DE", "US", "FR", "ES", "PL", "IT", "NL", "IE", "PT", "SE", "CH", "IN", "JP", "BR", "ZA"];
const CITIES: [&str; 40] = [
    "London",
    "Berlin",
    "Chicago",
    "Lyon",
    "Madrid",
    "Gdańsk",
    "Turin",
    "Utrecht",
    "Dublin",
    "Porto",
    "Malmö",
    "Basel",
    "Pune",
    "Osaka",
    "Recife",
    "Durban",
    "Leeds",
    "Hamburg",
    "Boston",
    "Nantes",
    "Sevilla",
    "Kraków",
    "Bologna",
    "Delft",
    "Cork",
    "Lisbon",
    "Uppsala",
    "Bern",
    "Chennai",
    "Kyoto",
    "Curitiba",
    "Pretoria",
    "Bristol",
    "Leipzig",
    "Denver",
    "Lille",
    "Bilbao",
    "Poznań",
    "Genoa",
    "Eindhoven",
];

/// A number that looks random and is the same every time.
pub fn mixed(number: u64, salt: u64) -> u64 {
    let mut z = number.wrapping_add(salt.wrapping_mul(0xA24B_AED4_963E_E407)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// One of these, the first ones more often.
fn pick(from: &[&'static str], number: u64, salt: u64) -> &'static str {
    let fraction = (mixed(number, salt) >> 11) as f64 / (1_u64 << 53) as f64;
    let at = (fraction * fraction * from.len() as f64) as usize;
    from.get(at).copied().unwrap_or_default()
}

/// Letters as they are typed in a sign-in name.
fn plain(name: &str) -> String {
    let fold = |letter: char| match letter {
        'á' | 'ã' | 'à' | 'ä' | 'å' => 'a',
        'é' | 'ë' | 'ê' | 'è' => 'e',
        'í' | 'ı' => 'i',
        'ó' | 'ö' | 'ø' => 'o',
        'ú' | 'ü' => 'u',
        'š' | 'ş' => 's',
        other => other,
    };
    name.to_lowercase().chars().map(fold).filter(char::is_ascii_alphanumeric).collect()
}

/// The first `count` people. Whoever is called like somebody before gets a number.
pub fn invent(count: u64) -> impl Iterator<Item = Invented> {
    let mut namesakes: HashMap<String, u64> = HashMap::new();
    (0..count).map(move |number| {
        let (first, last) = if number == RARE_AT { RARE } else { (pick(&FIRST, number, 1), pick(&LAST, number, 2)) };
        let mut login = format!("{}.{}", plain(first), plain(last));
        let namesake = namesakes.entry(login.clone()).or_default();
        *namesake += 1;
        if *namesake > 1 {
            login.push_str(&namesake.to_string());
        }
        Invented {
            login,
            display_name: format!("{first} {last}"),
            department: pick(&DEPARTMENTS, number, 3),
            country: pick(&COUNTRIES, number, 4),
            on_premises: mixed(number, 5).is_multiple_of(4),
            premium: mixed(number, 6).is_multiple_of(5),
        }
    })
}

/// No two groups are called alike.
pub fn group_name(number: u64) -> String {
    let one_of = |from: &[&'static str], at: u64| {
        let at = usize::try_from(at).unwrap_or_default() % from.len();
        from.get(at).copied().unwrap_or_default()
    };
    let department = one_of(&DEPARTMENTS, number);
    let city = one_of(&CITIES, number / DEPARTMENTS.len() as u64);
    match number {
        0 => "Head office".to_owned(),
        1..640 => format!("{department} {city}"),
        _ => format!("{department} {city} {}", number / 640 + 1),
    }
}
