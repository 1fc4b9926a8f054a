mod fixture;
mod screen;
use fixture::{Fixture, now};
use screen::{Screen, settings};
#[test]
fn look() {
    std::fs::create_dir_all("/tmp/look").unwrap();
    let theme = std::env::var("LOOK").unwrap_or("dark".into());
    for (w, h) in [(200, 60), (160, 45), (100, 30), (80, 24)] {
        let mut s = settings();
        s.theme = foretop::ui::theme::Theme::embedded(&theme).unwrap();
        s.demo = Some("zone-outage".into());
        let mut screen = Screen::new(s, Fixture::mixed().cluster, now(), (w, h));
        for (name, keys) in [
            ("a-panes", ""),
            ("b-detail", "enter"),
            ("c-pods", "tab"),
            ("d-confirm", "esc c"),
            ("d2", "j j c j c j c"),
            ("e-help", "esc ?"),
            ("f", "esc tab"),
        ] {
            screen.press(keys);
            let b = screen.buffer();
            std::fs::write(format!("/tmp/look/{w}x{h}-{name}.txt"), screen::text(&b)).unwrap();
            std::fs::write(format!("/tmp/look/{w}x{h}-{name}.svg"), foretop::report::svg::svg(&b, "foretop"))
                .unwrap();
        }
    }
}
