// Package risk is the register: what a unit knows about its integrity risks.
//
//	职权事项 → 环节 → 风险点/表现形式 → 类别 → 等级 → 措施 → 责任人 → 佐证材料
//
// The chain is entered once and stored once; every form, card and statistic is a
// projection of it. Whatever differs from unit to unit — categories, level names
// and criteria, factor tables, monitors, review chains, when measures are due,
// word lists — is data in a rule pack (packs/*.json), never an if.
//
// The package is pure: it imports the standard library only, does no I/O beyond its
// embedded data, and takes no clock.
package risk
