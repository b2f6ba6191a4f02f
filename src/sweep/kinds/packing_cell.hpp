#pragma once

#include <string>
#include <vector>

#include "sweep/run_store.hpp"
#include "theory/optima/one_sparse_optima.hpp"
#include "theory/packing/packing.hpp"
#include "theory/packing/spherical_code.hpp"

namespace digon {

// Searches whose starts are shared out, over the threads of this process or over all ranks: the same answer
// as the searches of theory/ give, of the starts finished where a signal ended it.

PackingResult search_packing_shared(const PackingEnergy& energy, Eigen::Index points, Eigen::Index dim,
                                    const PackingSearch& search);
SphericalCodeResult search_spherical_code_shared(CodeKind kind, Eigen::Index points, Eigen::Index dim,
                                                 const PackingSearch& search);
std::vector<RepresentedOptimum> one_sparse_optima_shared(Eigen::Index features, Eigen::Index hidden,
                                                         const OptimumOptions& options);

}  // namespace digon
