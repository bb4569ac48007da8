// Package form is everything that is a file: the sheets people import, the old
// forms they bring along, and the official forms that come out.
//
// Reading (container.go, book.go, sheet.go, then one file a sheet) parses and reports; it
// never touches the register. A refused file is a *bot.Error whose Say tells what
// to do; a doubtful row is an Issue. What is unpacked is bounded, so that a small
// file cannot become a large one in memory.
//
// Writing goes through one small layout model (layout.go): a form is laid out once
// in millimetres and drawn twice, by docx.go and xlsx.go, so both files always say
// the same. Forms are projections (DOMAIN.md R-F1): callers hand in plain structs,
// and a form whose totals do not match its rows is refused (R-F3). Signature blanks
// stay blank; what was confirmed in the system stands in a block of its own, called
// 系统确认记录 (R-F2).
//
// Charts (gantt.go, chart.go) are laid out once on a small canvas (picture.go) and drawn
// twice: as SVG for pages, as PNG for a chat (picturepng.go, with a font of the machine).
//
// What goes to a printer is a PDF of an exact size (pdf.go, pdftext.go): the A3 poster of a
// public notice (poster.go, postertable.go), A5 desk plaques (plaque.go) and the A4 sheet of
// an open survey (postersurvey.go). Characters are outlines of the machine's font, once
// each, with what they mean, so that one small writer takes every font that pictures take.
// Nothing is cut: words shrink to a size that can still be read, then go on. 《公示情况说明》
// (noticereport.go) is a docx in the style of official documents.
package form
