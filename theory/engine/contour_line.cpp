#include "theory/engine/contour_line.hpp"

namespace digon {

void CouplingOnLine::start(ScratchVector<CouplingOnLine>& couplings, std::size_t first,
                           const ContourLine& line, std::size_t block) {
  std::array<CouplingOnLine*, lane_count> together;
  std::size_t count = 0;
  const auto add = [&](CouplingOnLine* coupling) {
    together[count++] = coupling;
    if (count < lane_count) return;
    start(together, line, block);
    count = 0;
  };
  for (std::size_t i = first; i < couplings.size(); ++i) {
    add(&couplings[i]);
    if (couplings[i].offset_) add(couplings[i].offset_.get());
  }
  if (count == 0) return;
  for (std::size_t k = count; k < lane_count; ++k) together[k] = together[0];
  start(together, line, block);
}

/// Of lanes that are couplings, e^{sg} on each node of the block before: the middle of them times powers of
/// e^{igh/2}.
void CouplingOnLine::start(const std::array<CouplingOnLine*, lane_count>& together, const ContourLine& line,
                           std::size_t block) {
  Lanes g;
  Lanes size;
  for (std::size_t k = 0; k < lane_count; ++k) {
    g[k] = together[k]->g_;
    size[k] = std::exp(line.c * together[k]->g_);
  }
  const double middle_node = (double(block) - 0.5) * double(lane_count);
  const ComplexLanes turn = cis(g * (middle_node * line.h));
  const ComplexLanes middle{size * turn.re, size * turn.im};
  const ComplexLanes advance = cis(g * (double(lane_count) * line.h));
  ComplexLanes power = cis(g * (0.5 * line.h));
  const ComplexLanes step = power * power;
  std::array<ComplexLanes, lane_count> at_node;
  for (std::size_t l = 0; l < lane_count / 2; ++l, power = power * step) {
    at_node[lane_count / 2 + l] = power * middle;
    at_node[lane_count / 2 - 1 - l] = ComplexLanes{power.re, -power.im} * middle;
  }
  for (std::size_t k = 0; k < lane_count; ++k) {
    together[k]->advance_ = advance.lane(k);
    for (std::size_t l = 0; l < lane_count; ++l) together[k]->exponential_.set_lane(l, at_node[l].lane(k));
  }
}

}  // namespace digon
