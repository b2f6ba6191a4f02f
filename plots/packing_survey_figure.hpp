#pragma once

#include <filesystem>
#include <vector>

namespace digon {

/// One number of points: how far the search ended from the known optimum and how often it got there.
struct PackingSurveyRow {
  double points = 0.0;
  double relative_excess = 0.0;  ///< of the energy over the known one; may be negative
  double hit_rate = 0.0;         ///< starts that ended at the best energy, over all
};

/// Energy excess and hit rate against the number of points. Writes path.svg, .png, .gp.
void draw_packing_survey(const std::filesystem::path& path, const std::vector<PackingSurveyRow>& rows);

}  // namespace digon
