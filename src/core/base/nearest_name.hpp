#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace digon {

/// The name that a misspelt or abbreviated word most likely stands for: the only one that begins with it, or
/// the one that the fewest insertions, deletions and replacements make of it, a third of its letters at most.
/// Empty where there is none.
///
/// Example: "desnity" is 2 from "density".
std::string nearest_name(std::string_view word, const std::vector<std::string>& names);

}  // namespace digon
