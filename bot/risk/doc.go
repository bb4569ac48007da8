// Package risk is the register: what a unit knows about its integrity risks.
//
//	职权事项 → 环节 → 风险点/表现形式 → 类别 → 等级 → 措施 → 责任人 → 佐证材料
//
// The chain is entered once and stored once; every form, card and statistic is a
// projection of it. Whatever differs from unit to unit — categories, level names
// and criteria, factor tables, monitors, review chains, when measures are due,
// word lists — is data in a rule pack (packs/*.json), never an if.
//
// The package is pure: it imports the standard library and bot, does no I/O beyond its
// embedded data, and takes no clock.
//
// What it offers, a file each: pack.go the packs, validate.go what an edited copy is told;
// guard.go and deeds.go the red lines, door.go which of the two doors a citizen's text
// belongs to, names.go names in a text to be published; classify.go, level.go, lint.go,
// rewrite.go, tests.go, similar.go, headline.go the silent coach; measure.go, examples.go
// the library; chain.go who reviews, state.go where a form stands (states.md draws it);
// grading.go the meeting's words. Apart from the power tags no Chinese stands in the code: what people read and how
// they talk are in packs/ and library/.
package risk
